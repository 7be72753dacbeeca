package culvert.dialect.culvert;

import culvert.mux.Link;
import culvert.mux.MuxStream;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.protocol.ByeReason;
import culvert.protocol.DeclinedReason;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.StreamRefusedReason;
import culvert.session.IncomingStream;
import culvert.session.Offer;
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

  private final Link link;

  /** Both are set before the link's reader starts. */
  private volatile Listener listener;

  private volatile IncomingStream.Handler streams;

  private final PortRequests ports;
  private final boolean isRegistering;
  private final boolean isShared;

  /**
   * Services without an answer, by the text of the offer. Filled before the link's reader starts,
   * and confined to its thread from then on.
   */
  private final Map<String, String> unanswered = new LinkedHashMap<>();

  /** Services whose last port was refused in this session. Confined like {@link #unanswered}. */
  private final Set<String> atAnyPort = new HashSet<>();

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
    this.isShared = isShared;
    this.isRegistering = peer.version() >= Message.REGISTER_VERSION;
    this.link = new Link(connection, Link.Side.TAKES, self, peer, shared, this);
  }

  @Override
  public void serve(List<String> services, Listener listener, IncomingStream.Handler streams)
      throws IOException {
    this.listener = listener;
    this.streams = streams;
    offer(services);
    Transport.setAuthenticated(link.connection());
    link.run();
  }

  private void offer(Collection<String> services) throws ProtocolException {
    for (String service : services) {
      offer(service, next(service));
    }
    if (isRegistering) {
      link.send(new Message.Register(isShared));
    }
  }

  private Offer next(String service) {
    return atAnyPort.contains(service) ? Offer.atPort(service, 0) : ports.offer(service);
  }

  /** Returns whether a service whose offer was refused can be offered at another port. */
  private boolean canChangePort(String service) {
    return ports.hasLastPort(service) && atAnyPort.add(service);
  }

  private void offer(String service, Offer offer) throws ProtocolException {
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
    String service = unanswered.remove(answer.service());
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
      addresses.stream().findFirst().ifPresent(first -> ports.recordPort(service, first.port()));
      listener.served(service, addresses);
    } catch (IllegalArgumentException e) {
      throw new ProtocolException("invalid address in OFFERED");
    }
  }

  /** All offers of the session are declined. If another port will do, it makes them again. */
  private void declined(Message.Declined answer) throws ProtocolException {
    String service = unanswered.get(answer.offer());
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
