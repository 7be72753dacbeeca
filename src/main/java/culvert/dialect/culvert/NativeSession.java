package culvert.dialect.culvert;

import culvert.config.ServiceType;
import culvert.mux.Link;
import culvert.mux.MuxFlow;
import culvert.mux.MuxStream;
import culvert.net.Connection;
import culvert.net.Flow;
import culvert.protocol.ByeReason;
import culvert.protocol.DeclinedReason;
import culvert.protocol.Feature;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import culvert.protocol.StreamRefusedReason;
import culvert.protocol.StreamResetReason;
import culvert.session.ClientIdentity;
import culvert.session.Datagrams;
import culvert.session.LoginProof;
import culvert.session.Offer;
import culvert.session.PendingStream;
import culvert.session.ProvenClient;
import culvert.session.ServiceRegistry;
import culvert.session.Session;
import culvert.session.Visitor;
import culvert.transport.Transport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** A session of the native protocol, as the remote proxy sees it. */
final class NativeSession implements Session, Link.Events {

  /** Offers of one REGISTER: their answers fit into the queue of the link. */
  private static final int MAX_OFFERS = 1000;

  private final Link link;
  private final Optional<ProvenClient> client;
  private final LoginProof proof;
  private final ClientIdentity identity;
  private final boolean isRegistering;
  private final Set<Feature> features;
  private volatile ServiceRegistry services;

  /** Offers since the last REGISTER; confined to the link's reader. */
  private final Set<Offer> offers = new LinkedHashSet<>();

  NativeSession(
      Connection connection,
      Handshake.Local self,
      Handshake.Peer peer,
      Optional<ProvenClient> client,
      LoginProof proof,
      Link.Shared shared) {
    this.link = new Link(connection, Link.Side.OPENS, self, peer, shared, this);
    this.isRegistering = peer.version() >= Message.REGISTER_VERSION;
    this.features = peer.features();
    this.client = client;
    this.proof = proof;
    this.identity =
        new ClientIdentity(
            client.map(ProvenClient::name), peer.name(), HexFormat.of().formatHex(peer.instance()));
  }

  @Override
  public InetSocketAddress peer() {
    return link.connection().peer();
  }

  @Override
  public Optional<ClientIdentity> identity() {
    return Optional.of(identity);
  }

  @Override
  public Optional<ProvenClient> client() {
    return client;
  }

  @Override
  public Optional<LoginProof> proof() {
    return Optional.of(proof);
  }

  @Override
  public void serve(ServiceRegistry services) throws IOException {
    this.services = services;
    Transport.setAuthenticated(link.connection());
    link.run();
  }

  @Override
  public boolean isQuiet() {
    return link.isQuiet();
  }

  @Override
  public void probe(Duration limit, Consumer<Boolean> answer) {
    link.probe(limit, answer);
  }

  @Override
  public void drain() {
    send(new Message.Drain());
    link.finish();
  }

  @Override
  public void abort() {
    link.connection().reset();
  }

  @Override
  public void close(ByeReason reason, String why) {
    link.close(reason, why);
  }

  private void send(Message message) {
    try {
      link.send(message);
    } catch (ProtocolException e) {
      link.close(ByeReason.PROTOCOL, e.getMessage());
    }
  }

  @Override
  public void message(Message message) throws ProtocolException {
    switch (message) {
      case Message.Offer offer -> offer(offer.service());
      case Message.Register register -> register(register.isShared());
      case Message.Withdraw withdraw -> withdraw(OfferText.parse(withdraw.service()).service());
      case Message.Health health -> setHealthy(health);
      case Message.Drain drain -> {
        boolean busy = link.finish();
        services.draining(this, busy);
      }
      default -> throw new ProtocolException("unexpected message: only remote proxies send it");
    }
  }

  private void setHealthy(Message.Health health) throws ProtocolException {
    if (!features.contains(Feature.HEALTH)) {
      throw new ProtocolException("HEALTH without the feature");
    }
    services.setHealthy(this, health.service(), health.isHealthy());
  }

  private void withdraw(String service) {
    services.withdraw(this, service);
    link.removeService(service);
  }

  /** In version 1 each offer is registered by itself and is not shared. */
  private void offer(String text) throws ProtocolException {
    Offer offer = OfferText.parse(text);
    if (!isRegistering) {
      services.register(
          this,
          List.of(offer),
          false,
          answer -> {
            reserveStreams(answer);
            send(offered(text, answer));
          });
    } else if (offers.size() < MAX_OFFERS) {
      offers.add(offer);
    } else {
      throw new ProtocolException("more than " + MAX_OFFERS + " offers without REGISTER");
    }
  }

  private void register(boolean isShared) throws ProtocolException {
    if (offers.isEmpty()) {
      throw new ProtocolException("REGISTER without an offer");
    }
    boolean canShare = features.contains(Feature.SHARING);
    services.register(this, List.copyOf(offers), isShared && canShare, this::answer);
    offers.clear();
  }

  /** UDP services have flows instead of streams; an offer may replace one of another type. */
  private void reserveStreams(ServiceRegistry.Answer answer) {
    if (answer instanceof ServiceRegistry.Answer.Served(Map<Offer, List<String>> addresses)) {
      addresses.keySet().forEach(this::reserveStreams);
    }
  }

  private void reserveStreams(Offer offer) {
    if (offer.type() == ServiceType.TCP) {
      link.addService(offer.service());
    } else {
      link.removeService(offer.service());
    }
  }

  private void answer(ServiceRegistry.Answer answer) {
    reserveStreams(answer);
    switch (answer) {
      case ServiceRegistry.Answer.Served(Map<Offer, List<String>> addresses) ->
          addresses.forEach((offer, at) -> send(new Message.Offered(offer.toString(), at, "")));
      case ServiceRegistry.Answer.Declined(Offer offer, DeclinedReason reason, String why) ->
          send(new Message.Declined(reason, offer.toString(), why));
    }
  }

  @Override
  public void serviceOpened(String service) {
    link.addService(service);
  }

  /** The streams that were reserved for the service are for the others. */
  @Override
  public void serviceClosed(String service) {
    link.removeService(service);
  }

  @Override
  public void shared(String service, int others, List<String> names) {
    if (features.contains(Feature.SHARING)) {
      send(
          new Message.Shared(
              service, others, names.stream().limit(Message.MAX_SHARED_NAMES).toList()));
    }
  }

  @Override
  public void revoked(String service, String why) {
    link.removeService(service);
    send(new Message.Revoked(service, why));
  }

  @Override
  public void permitted(String service) {
    send(new Message.Revoked(service, ""));
  }

  private static Message.Offered offered(String text, ServiceRegistry.Answer answer) {
    return switch (answer) {
      case ServiceRegistry.Answer.Served(Map<Offer, List<String>> addresses) ->
          new Message.Offered(text, addresses.get(OfferText.parse(text)), "");
      case ServiceRegistry.Answer.Declined declined ->
          new Message.Offered(text, List.of(), declined.why());
    };
  }

  @Override
  public void opened(MuxStream stream, Message.Open open) {
    // Not reached: the link rejects OPEN from an origin proxy, which never opens streams.
    stream.refuse(StreamRefusedReason.NO_SERVICE, "the remote proxy accepts no streams");
  }

  @Override
  public Flow.Receiver flowOpened(MuxFlow flow, Message.OpenFlow open) {
    // Not reached either.
    throw new IllegalStateException("OPEN_FLOW from an origin proxy");
  }

  @Override
  public Optional<Datagrams> datagrams(String service) {
    return features.contains(Feature.UDP) ? Optional.of(this::openFlow) : Optional.empty();
  }

  private Flow openFlow(Visitor visitor, Flow.Receiver receiver) throws IOException {
    return link.openFlow(
        new Message.OpenFlow(visitor.service(), visitor.address(), visitor.reached()), receiver);
  }

  @Override
  public PendingStream open(Visitor visitor) throws IOException {
    MuxStream stream =
        link.open(new Message.Open(visitor.service(), visitor.address(), visitor.reached()));
    return new OpenedStream(stream);
  }

  private static final class OpenedStream implements PendingStream {
    private final MuxStream stream;
    private volatile boolean cancelled;

    OpenedStream(MuxStream stream) {
      this.stream = stream;
    }

    /** A stream that has to wait before it can be opened takes no bytes: a write would block. */
    @Override
    public Optional<Connection> early() {
      return stream.opensAtOnce() ? Optional.of(stream) : Optional.empty();
    }

    @Override
    public Outcome await(Duration limit) {
      return switch (stream.awaitAnswer(limit)) {
        case ACCEPTED -> new Outcome.Accepted(stream);
        case REFUSED -> new Outcome.Refused(stream.refusal().text());
        case LOST ->
            cancelled
                ? new Outcome.Cancelled()
                : new Outcome.Refused("the stream was lost before it was answered");
        case NONE -> {
          stream.reset(StreamResetReason.TIMED_OUT);
          yield new Outcome.TimedOut();
        }
      };
    }

    @Override
    public void cancel() {
      cancelled = true;
      stream.reset();
    }
  }
}
