"""The page over the embedded model, on an example."""

import numpy as np

from tests.browser.conftest import EXAMPLES, Visitor, serve


def test_an_example_is_answered_by_the_embedded_model(browser):
    import sama

    predictor = sama.load("mini", device="cpu")
    studio, url = serve(predictor)
    try:
        visitor = Visitor(browser, url)
        assert visitor.page.get_by_text(predictor.info.weights_digest, exact=True).is_visible()
        alpha = visitor.page.evaluate(
            """() => {
              const c = document.querySelector('[data-panel=alpha] canvas');
              const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
              return [...data].filter((_, i) => i % 4 === 0);
            }"""
        )
        inside = np.mean(np.array(alpha) > 127)
        assert 0.05 < inside < 0.9, f"{inside:.0%} of the first example {EXAMPLES} is kept"
        visitor.click(0.5, 0.5)
        visitor.screenshot("embedded_model")
        assert not visitor.errors
        visitor.context.close()
    finally:
        studio.close()
