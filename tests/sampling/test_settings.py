from clew.sampling.settings import SamplingSettings


def test_the_figures_are_those_of_jaeger() -> None:
    """But for the delay, which the calculation does not need to be so long."""
    settings = SamplingSettings()
    jaeger = (settings.interval_s, settings.initial_probability, settings.min_probability, settings.tolerance)
    assert jaeger == (60.0, 0.001, 1e-5, 0.3)
    assert round(settings.min_samples_per_s * 60) == 1
    assert settings.delay_s < 120
