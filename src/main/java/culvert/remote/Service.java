package culvert.remote;

import culvert.config.ServiceAddress;
import culvert.config.ServiceType;
import culvert.session.Session;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A service of {@link ServiceTable}.
 *
 * @param address the bound one if it is open, otherwise that of the settings, or the last one
 * @param isWanted whether the settings have it
 * @param position orders the services by their first occurrence
 * @param offers the sessions that have offered it, by the type of their offers
 * @param order chooses the sessions of its visitors
 */
record Service(
    ServiceAddress address,
    boolean isOpen,
    boolean isWanted,
    long position,
    Map<ServiceType, CopyOnWriteArrayList<Session>> offers,
    SessionOrder order) {

  /** Returns a closed service that no session serves yet. */
  static Service at(ServiceAddress address, long position) {
    var offers = new EnumMap<ServiceType, CopyOnWriteArrayList<Session>>(ServiceType.class);
    for (ServiceType type : ServiceType.values()) {
      offers.put(type, new CopyOnWriteArrayList<>());
    }
    return new Service(address, false, false, position, offers, new SessionOrder());
  }

  /** Returns the service with a listener at this address, with its sessions. */
  Service openAt(ServiceAddress bound) {
    return new Service(bound, true, isWanted, position, offers, order);
  }

  /** Returns the service without a listener. */
  Service closed() {
    return new Service(address, false, isWanted, position, offers, order);
  }

  /** Returns the service as the settings have it. */
  Service wantedAt(ServiceAddress wanted) {
    return new Service(isOpen ? address : wanted, isOpen, true, position, offers, order);
  }

  /** Returns the service after its removal from the settings. */
  Service unwanted() {
    return new Service(address, isOpen, false, position, offers, order);
  }

  /** Returns the sessions that serve it. */
  CopyOnWriteArrayList<Session> sessions() {
    return offers.get(address.type());
  }

  boolean isOfferable() {
    return isOpen || isWanted;
  }

  boolean isOffered() {
    return offers.values().stream().anyMatch(sessions -> !sessions.isEmpty());
  }

  boolean isUnused() {
    return !isOpen && !isWanted && !isOffered() && !order.hasVisitors();
  }

  boolean isOfferedBy(Session session) {
    return offers.values().stream().anyMatch(sessions -> sessions.contains(session));
  }

  /** Removes the offers of a session; returns whether there were any. */
  boolean withdraw(Session session) {
    boolean isWithdrawn = false;
    for (CopyOnWriteArrayList<Session> sessions : offers.values()) {
      isWithdrawn |= sessions.remove(session);
    }
    order.setHealthy(session, true);
    return isWithdrawn;
  }
}
