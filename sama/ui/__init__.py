"""The studio: a Gradio page over a predictor. Nothing else imports it."""

from sama.ui.light_gradio import import_gradio

import_gradio()
