from . import skydrop_consistency_issue
