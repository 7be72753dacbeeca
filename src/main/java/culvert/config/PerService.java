package culvert.config;

import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The values of a setting in which services can differ.
 *
 * @param <T> the type of the values
 * @param values by the name of the service; those of the empty name are for services without a
 *     value of their own
 */
public record PerService<T>(Map<String, List<T>> values) {

  /** Copies the collections. */
  public PerService {
    Map<String, List<T>> copy = new TreeMap<>();
    values.forEach((service, all) -> copy.put(service, List.copyOf(all)));
    values = copy;
  }

  /** Returns no values. */
  public static <T> PerService<T> none() {
    return new PerService<>(Map.of());
  }

  /** Returns the values of the services. */
  public static <T> PerService<T> of(List<ServiceValue<T>> given) {
    Map<String, List<T>> values = new LinkedHashMap<>();
    for (ServiceValue<T> one : given) {
      values.computeIfAbsent(one.service(), name -> new ArrayList<>()).add(one.value());
    }
    return new PerService<>(values);
  }

  /** Returns these values, and those of others for services that have none here. */
  public PerService<T> orElse(PerService<T> others) {
    Map<String, List<T>> both = new TreeMap<>(others.values);
    both.putAll(values);
    return new PerService<>(both);
  }

  /** Returns these values in another form, all of a service at once. */
  public <R> Map<String, R> map(Function<List<T>, R> form) {
    Map<String, R> mapped = new TreeMap<>();
    values.forEach((service, all) -> mapped.put(service, form.apply(all)));
    return mapped;
  }

  /**
   * Returns the value of a service: its own, or else the one of services without their own. Only
   * for a setting that {@link #checkSingle} has checked.
   */
  public Optional<T> value(String service) {
    // Without a stream: it is called for each visitor.
    List<T> own = values.get(service);
    List<T> given = own == null ? values.get("") : own;
    return given == null || given.isEmpty() ? Optional.empty() : Optional.of(given.getFirst());
  }

  /**
   * Checks that each value is for a service that exists, and that none has two values.
   *
   * @param address the setting that every service has
   * @throws SettingException whose message names the option and the service
   */
  void checkSingle(Setting setting, List<ServiceAddress> services, Setting address) {
    Checks.haveServices(setting, values.keySet(), services, address);
    values.forEach((service, all) -> {
      if (all.size() > 1) {
        throw new SettingException(
            "%s is given twice for %s",
            setting, service.isEmpty() ? "all services" : "the service '" + service + "'");
      }
    });
  }
}
