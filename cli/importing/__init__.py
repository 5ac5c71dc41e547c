"""Moving in: users of another system, or of another deployment, become users of this one."""
