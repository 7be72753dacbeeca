package culvert.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  /** Returns these values in another form, all of a service at once. */
  public <R> Map<String, R> map(Function<List<T>, R> form) {
    Map<String, R> mapped = new TreeMap<>();
    values.forEach((service, all) -> mapped.put(service, form.apply(all)));
    return mapped;
  }
}
