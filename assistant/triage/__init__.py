"""The pharmacovigilance desk: from a flag or an imported report to a case that people have judged and can export."""
