"""A bounded mix of pushes and reads against Attain, with a report: `make load`.

The player is our own because it is open-loop: each request has its moment fixed beforehand, and its time counts from
that moment. Players such as locust let every simulated user wait for an answer before asking again, so a server that
stalls is asked less and its stall hardly shows (coordinated omission). None of them reads back either whether all that
was acknowledged was taken in.
"""
