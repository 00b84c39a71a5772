"""Reminders: what falls due and what became overdue, told once a day to a receiver on behalf of whoever must act."""
