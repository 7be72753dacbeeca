package culvert.dialect.culvert;

import culvert.config.ServiceType;
import culvert.mux.Link;
import culvert.mux.MuxFlow;
import culvert.mux.MuxStream;
import culvert.net.Connection;
import culvert.net.Flow;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.protocol.ByeReason;
import culvert.protocol.DeclinedReason;
import culvert.protocol.Feature;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.StreamRefusedReason;
import culvert.session.FlowAcceptor;
import culvert.session.IncomingStream;
import culvert.session.Offer;
import culvert.session.OfferedService;
import culvert.session.OriginSession;
import culvert.session.Visitor;
import culvert.transport.Transport;
import java.io.IOException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** A session of the native protocol, as the origin proxy sees it. */
final class NativeOriginSession implements OriginSession, Link.Events {

  private static final String NO_UDP =
      "the remote proxy does not support UDP services; update it to the version of this side";

  private final Link link;

  /** All three are set before the link's reader starts. */
  private volatile Listener listener;

  private volatile IncomingStream.Handler streams;
  private volatile FlowAcceptor flows;

  private final PortRequests ports;
  private final boolean isRegistering;
  private final boolean isShared;
  private final Set<Feature> features;
  private final String remoteInstance;

  /**
   * Held while the messages of a registration are queued, so that no other offer comes between
   * them. The lock of the link's writer may be taken inside it; listeners are called without it.
   * Guards the fields below.
   */
  private final ReentrantLock offering = new ReentrantLock();

  private final PendingOffers unanswered = new PendingOffers();

  /** Services whose last port was refused in this session. */
  private final Set<OfferedService> atAnyPort = new HashSet<>();

  /**
   * Creates a session that does not serve yet.
   *
   * @param ports to request with the services, if any
   * @param isShared whether the services may be shared
   */
  NativeOriginSession(
      Connection connection,
      Handshake.Local self,
      Handshake.Peer peer,
      PortRequests ports,
      boolean isShared,
      Link.Shared shared) {
    this.ports = ports;
    this.features = peer.features();
    this.remoteInstance = text(peer.instance());
    this.isShared = isShared && features.contains(Feature.SHARING);
    this.isRegistering = peer.version() >= Message.REGISTER_VERSION;
    this.link = new Link(connection, Link.Side.TAKES, self, peer, shared, this);
  }

  /** Returns the text of an instance id. */
  static String text(byte[] instance) {
    return HexFormat.of().formatHex(instance);
  }

  @Override
  public void serve(
      List<OfferedService> services,
      Listener listener,
      IncomingStream.Handler streams,
      FlowAcceptor flows)
      throws IOException {
    this.listener = listener;
    this.streams = streams;
    this.flows = flows;
    List<OfferedService> supported = services.stream().filter(this::isSupported).toList();
    if (supported.isEmpty()) {
      OfferedService first = services.getFirst();
      services.stream().skip(1).forEach(service -> listener.unsupported(service.name(), NO_UDP));
      listener.declined(Offer.of(first.name()), List.of(first), DeclinedReason.SETTINGS, NO_UDP);
      close();
    } else {
      services.stream()
          .filter(service -> !isSupported(service))
          .forEach(service -> listener.unsupported(service.name(), NO_UDP));
      offer(supported);
    }
    Transport.setAuthenticated(link.connection());
    link.run();
  }

  @Override
  public void offer(OfferedService service) {
    if (!isSupported(service)) {
      listener.unsupported(service.name(), NO_UDP);
      return;
    }
    try {
      offer(List.of(service));
    } catch (ProtocolException e) {
      link.close(ByeReason.PROTOCOL, e.getMessage());
    }
  }

  @Override
  public boolean hasUnsentMessages() {
    return link.hasUnsentMessages();
  }

  @Override
  public void withdraw(String service) {
    send(new Message.Withdraw(service));
  }

  @Override
  public boolean canReportHealth() {
    return features.contains(Feature.HEALTH);
  }

  @Override
  public void reportHealth(String service, boolean isHealthy) {
    send(new Message.Health(isHealthy, service));
  }

  private boolean isSupported(OfferedService service) {
    return service.type() == ServiceType.TCP || features.contains(Feature.UDP);
  }

  /** Offers services: all or none of them, except in version 1. */
  private void offer(List<OfferedService> services) throws ProtocolException {
    var registration = new PendingOffers.Registration(services);
    offering.lock();
    try {
      for (OfferedService service : services) {
        Offer offer = ports.offer(service, atAnyPort.contains(service));
        unanswered.add(new PendingOffers.Pending(service, offer, registration));
        link.send(new Message.Offer(offer.toString()));
      }
      if (isRegistering) {
        link.send(new Message.Register(isShared));
      }
    } finally {
      offering.unlock();
    }
  }

  /** Returns whether a service whose offer was refused can be offered at another port. */
  private boolean canChangePort(OfferedService service) {
    return ports.hasLastPort(service.name()) && atAnyPort.add(service);
  }

  @Override
  public Optional<String> remoteInstance() {
    return Optional.of(remoteInstance);
  }

  @Override
  public void drain() {
    send(new Message.Drain());
  }

  private void send(Message message) {
    try {
      link.send(message);
    } catch (ProtocolException e) {
      link.close(ByeReason.PROTOCOL, e.getMessage());
    }
  }

  @Override
  public void close() {
    link.close(ByeReason.STOPPING, "the origin proxy is stopping");
  }

  @Override
  public void message(Message message) throws ProtocolException {
    switch (message) {
      case Message.Offered offered -> offered(offered);
      case Message.Declined declined -> declined(declined);
      case Message.Shared shared ->
          listener.shared(shared.service(), shared.others(), shared.names());
      case Message.Revoked revoked when revoked.text().isEmpty() ->
          listener.permitted(revoked.service());
      case Message.Revoked revoked -> listener.revoked(revoked.service(), revoked.text());
      case Message.Drain drain -> listener.draining();
      default -> throw new ProtocolException("unexpected message: only origin proxies send it");
    }
  }

  private void offered(Message.Offered answer) throws ProtocolException {
    PendingOffers.Pending offered;
    boolean isRetried;
    offering.lock();
    try {
      offered = unanswered.remove(answer.service(), "OFFERED");
      isRetried = !answer.refusal().isEmpty() && canChangePort(offered.service());
    } finally {
      offering.unlock();
    }
    if (answer.refusal().isEmpty()) {
      served(offered.service(), answer.addresses());
    } else if (isRetried) {
      offer(List.of(offered.service()));
    } else {
      listener.declined(
          offered.offer(), List.of(offered.service()), DeclinedReason.SETTINGS, answer.refusal());
    }
  }

  private void served(OfferedService service, List<String> texts) throws ProtocolException {
    try {
      List<HostPort> addresses = texts.stream().map(HostPort::parse).toList();
      addresses.stream()
          .findFirst()
          .ifPresent(first -> ports.recordPort(service.name(), first.port()));
      listener.served(service.name(), addresses);
    } catch (IllegalArgumentException e) {
      throw new ProtocolException("invalid address in OFFERED");
    }
  }

  /** All offers of a registration are declined. If another port will do, it makes them again. */
  private void declined(Message.Declined answer) throws ProtocolException {
    PendingOffers.Pending declined;
    boolean isRetried;
    offering.lock();
    try {
      declined = unanswered.removeAll(answer.offer());
      isRetried = canChangePort(declined.service());
    } finally {
      offering.unlock();
    }
    if (isRetried) {
      offer(declined.together());
    } else {
      listener.declined(declined.offer(), declined.together(), answer.reason(), answer.text());
    }
  }

  @Override
  public void opened(MuxStream stream, Message.Open open) {
    var visitor = new Visitor(open.service(), open.visitor(), open.reached());
    Threads.start(
        "visitor " + visitor.name() + " for " + visitor.service(),
        () -> streams.handle(new NativeIncoming(visitor, stream)));
  }

  @Override
  public Flow.Receiver flowOpened(MuxFlow flow, Message.OpenFlow open) {
    return flows.opened(new Visitor(open.service(), open.visitor(), open.reached()), flow);
  }

  private record NativeIncoming(Visitor visitor, MuxStream stream) implements IncomingStream {
    @Override
    public Connection connection() {
      return stream;
    }

    @Override
    public void accept() {
      stream.accept();
    }

    @Override
    public void refuse(StreamRefusedReason reason, String why) {
      stream.refuse(reason, why);
    }
  }
}
