"""Pictures of what the model says: arrays in; RGB arrays, Plotly figures or bytes out."""
