"""The pages of the app: widgets, one call into sct, one into viz. app.py runs them."""
