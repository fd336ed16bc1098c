"""Individual case safety reports in ICH E2B(R3): read, checked, written, acknowledged, turned from and into cases."""
