"""`make bench`: measures the portal's main pages beside a bare Django view, in one run."""
