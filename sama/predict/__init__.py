"""From a photo and a request to an answer: predictor, encoding, cache, framing, looking closer, devices, loading."""
