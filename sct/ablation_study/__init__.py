"""What switching parts off does: see `sct.ablation_study.api`."""
