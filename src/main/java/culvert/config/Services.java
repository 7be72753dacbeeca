package culvert.config;

import java.util.HashSet;
import java.util.List;

/** A check that both roles' settings need. */
final class Services {

  private Services() {}

  static void checkDistinct(List<ServiceAddress> services, String option) {
    var names = new HashSet<String>();
    for (ServiceAddress service : services) {
      if (!names.add(service.service())) {
        throw new IllegalArgumentException(
            option + " names the service '" + service.service() + "' twice");
      }
    }
  }
}
