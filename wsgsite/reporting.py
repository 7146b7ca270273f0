"""What a report of an error says: where it happened, never what anybody typed."""

from django.views.debug import SafeExceptionReporterFilter


class Discreet(SafeExceptionReporterFilter):
    """Keeps every value out of a report, not only those that a view has marked as sensitive.

    A form of the portal is personal data from end to end, and passes through many functions.
    """

    def get_post_parameters(self, request):
        """The names of what was sent."""
        return dict.fromkeys(request.POST, self.cleansed_substitute) if request else {}

    def get_traceback_frame_variables(self, request, tb_frame):
        """The names of a function's variables."""
        return [(name, self.cleansed_substitute) for name in tb_frame.f_locals]
