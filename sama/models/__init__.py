from sama.models.light_imports import import_torchvision

import_torchvision()  # before segment-anything does
