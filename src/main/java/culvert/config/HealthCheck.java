package culvert.config;

import java.time.Duration;

/**
 * The health check of one origin server.
 *
 * @param probe how it is checked
 * @param interval from the end of one check to the start of the next
 * @param timeout of one check
 * @param failures checks that fail one after the other until the server is unhealthy
 */
public record HealthCheck(HealthProbe probe, Duration interval, Duration timeout, int failures) {}
