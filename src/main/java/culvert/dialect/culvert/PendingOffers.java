package culvert.dialect.culvert;

import culvert.protocol.ProtocolException;
import culvert.session.Offer;
import culvert.session.OfferedService;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The offers of an origin proxy that have no answer yet, by their texts. Guarded by a lock of
 * {@link NativeOriginSession}.
 */
final class PendingOffers {

  /** Services that are offered together, and declined together. Two are equal only if the same. */
  static final class Registration {
    private final List<OfferedService> services;

    Registration(List<OfferedService> services) {
      this.services = List.copyOf(services);
    }
  }

  /** An offer without an answer. */
  record Pending(OfferedService service, Offer offer, Registration registration) {
    /** Returns the services that are declined with it. */
    List<OfferedService> together() {
      return registration.services;
    }
  }

  private final Map<String, Pending> pending = new LinkedHashMap<>();

  /** Adds an offer that is about to be sent. */
  void add(Pending one) {
    pending.put(one.offer().toString(), one);
  }

  /**
   * Removes an offer that was answered.
   *
   * @throws ProtocolException if there is no such offer
   */
  Pending remove(String text, String answer) throws ProtocolException {
    Pending one = pending.remove(text);
    if (one == null) {
      throw new ProtocolException(answer + " for a service that was not offered");
    }
    return one;
  }

  /**
   * Removes an offer that was declined, with those that were made together with it.
   *
   * @throws ProtocolException if there is no such offer
   */
  Pending removeAll(String text) throws ProtocolException {
    Pending one = remove(text, "DECLINED");
    pending.values().removeIf(other -> other.registration().equals(one.registration()));
    return one;
  }
}
