"""Every surface a person or program touches: chat and command line, and the wiring behind them."""
