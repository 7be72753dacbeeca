package culvert.session;

import culvert.config.ServiceType;

/**
 * A service that an origin proxy offers.
 *
 * @param type what the service carries
 */
public record OfferedService(String name, ServiceType type) {}
