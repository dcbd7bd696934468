"""Who somebody is: accounts, sign-in here and elsewhere, second factor, staff, and the limits of guessing."""
