"""Draws what the model says: takes arrays; returns RGB arrays, Plotly figures or bytes."""
