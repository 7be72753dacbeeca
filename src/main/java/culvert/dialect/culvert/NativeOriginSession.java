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
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

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

  /**
   * Services without an answer, by the text of the offer. Filled before the link's reader starts,
   * and confined to its thread from then on.
   */
  private final Map<String, OfferedService> unanswered = new LinkedHashMap<>();

  /** Services whose last port was refused in this session. Confined like {@link #unanswered}. */
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
    this.isShared = isShared && features.contains(Feature.SHARING);
    this.isRegistering = peer.version() >= Message.REGISTER_VERSION;
    this.link = new Link(connection, Link.Side.TAKES, self, peer, shared, this);
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
      listener.declined(services.getFirst().name(), DeclinedReason.SETTINGS, NO_UDP);
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

  private boolean isSupported(OfferedService service) {
    return service.type() == ServiceType.TCP || features.contains(Feature.UDP);
  }

  private void offer(Collection<OfferedService> services) throws ProtocolException {
    for (OfferedService service : services) {
      offer(service, next(service));
    }
    if (isRegistering) {
      link.send(new Message.Register(isShared));
    }
  }

  private Offer next(OfferedService service) {
    return atAnyPort.contains(service)
        ? Offer.atPort(service.name(), service.type(), 0)
        : ports.offer(service);
  }

  /** Returns whether a service whose offer was refused can be offered at another port. */
  private boolean canChangePort(OfferedService service) {
    return ports.hasLastPort(service.name()) && atAnyPort.add(service);
  }

  private void offer(OfferedService service, Offer offer) throws ProtocolException {
    unanswered.put(offer.toString(), service);
    link.send(new Message.Offer(offer.toString()));
  }

  @Override
  public void drain() {
    try {
      link.send(new Message.Drain());
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
      case Message.Drain drain -> listener.draining();
      default -> throw new ProtocolException("unexpected message: only origin proxies send it");
    }
  }

  private void offered(Message.Offered answer) throws ProtocolException {
    OfferedService service = unanswered.remove(answer.service());
    if (service == null) {
      throw new ProtocolException("OFFERED for a service that was not offered");
    }
    if (!answer.refusal().isEmpty()) {
      if (canChangePort(service)) {
        offer(service, next(service));
      } else {
        // The text of the offer: it includes the port, if one was requested.
        listener.declined(answer.service(), DeclinedReason.SETTINGS, answer.refusal());
      }
      return;
    }
    try {
      List<HostPort> addresses = answer.addresses().stream().map(HostPort::parse).toList();
      addresses.stream()
          .findFirst()
          .ifPresent(first -> ports.recordPort(service.name(), first.port()));
      listener.served(service.name(), addresses);
    } catch (IllegalArgumentException e) {
      throw new ProtocolException("invalid address in OFFERED");
    }
  }

  /** All offers of the session are declined. If another port will do, it makes them again. */
  private void declined(Message.Declined answer) throws ProtocolException {
    OfferedService service = unanswered.get(answer.offer());
    if (service == null) {
      throw new ProtocolException("DECLINED for a service that was not offered");
    }
    if (!canChangePort(service)) {
      listener.declined(answer.offer(), answer.reason(), answer.text());
      return;
    }
    var services = List.copyOf(unanswered.values());
    unanswered.clear();
    offer(services);
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
