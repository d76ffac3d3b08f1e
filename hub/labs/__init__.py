"""Labs, workshops, courses, camps and events: the programme, its sessions, enrolment, registers and what came of them."""
