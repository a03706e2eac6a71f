"""The studio: a Gradio page over a predictor. Nothing else imports it."""
