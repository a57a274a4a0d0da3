"""The pages: widgets, one call into sct, one into viz, show. app.py runs them."""
