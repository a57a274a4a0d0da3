"""Charts by Plotly, and pictures by Matplotlib."""
