"""Looking into pictures with OpenCV."""
