"""Surprise counts (抽盘) answered with a phone: a sample drawn by risk, challenged pictures, and how much is there with what confidence."""
