package culvert.remote;

import culvert.config.Secret;
import culvert.net.Connection;
import culvert.protocol.ByeReason;
import culvert.session.ClientIdentity;
import culvert.session.Datagrams;
import culvert.session.LoginProof;
import culvert.session.PendingStream;
import culvert.session.ProvenClient;
import culvert.session.ServiceRegistry;
import culvert.session.Session;
import culvert.session.Visitor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/** A session whose behaviour the test sets, and which records the calls it gets. */
final class FakeSession implements Session {

  /** The result of {@link #open}; only its session matters. */
  record Stream(FakeSession of) implements PendingStream {
    @Override
    public Optional<Connection> early() {
      return Optional.empty();
    }

    @Override
    public Outcome await(Duration limit) {
      return new Outcome.TimedOut();
    }
  }

  final Queue<Consumer<Boolean>> probes = new ArrayDeque<>();
  final Queue<String> notices = new ConcurrentLinkedQueue<>();

  /** The services that it serves and that are open. */
  final Set<String> open = new HashSet<>();

  boolean quiet;
  int opens;
  String full;
  Runnable onOpen = () -> {};
  Datagrams datagrams;
  ByeReason closedFor;
  String closedWhy;
  final Queue<String> revoked = new ArrayDeque<>();
  final Queue<String> permitted = new ArrayDeque<>();
  LoginProof proof;
  private final String title;
  private final Optional<ClientIdentity> member;
  private final Optional<ProvenClient> client;

  /** Creates a session of a dialect without client identities. */
  FakeSession(String title) {
    this(title, Optional.empty(), Optional.empty());
  }

  /** Creates a session of a process that logged in under a name. */
  FakeSession(String name, String instance) {
    this(
        name + " of " + instance,
        Optional.of(new ClientIdentity(Optional.empty(), name, instance)),
        Optional.empty());
  }

  private FakeSession(
      String title, Optional<ClientIdentity> member, Optional<ProvenClient> client) {
    this.title = title;
    this.member = member;
    this.client = client;
  }

  /** Creates a session of a process that logged in as a client. */
  static FakeSession ofClient(String client, Secret secret, String name, String instance) {
    return new FakeSession(
        client + "/" + name,
        Optional.of(new ClientIdentity(Optional.of(client), name, instance)),
        Optional.of(new ProvenClient(client, secret)));
  }

  @Override
  public InetSocketAddress peer() {
    return new InetSocketAddress("192.0.2.1", 1);
  }

  @Override
  public Optional<ClientIdentity> identity() {
    return member;
  }

  @Override
  public Optional<ProvenClient> client() {
    return client;
  }

  @Override
  public Optional<LoginProof> proof() {
    return Optional.ofNullable(proof);
  }

  @Override
  public void permitted(String service) {
    permitted.add(service);
  }

  @Override
  public void revoked(String service, String why) {
    revoked.add(service + ": " + why);
  }

  @Override
  public void serve(ServiceRegistry services) {
    throw new AssertionError("not used");
  }

  @Override
  public PendingStream open(Visitor visitor) throws IOException {
    opens++;
    onOpen.run();
    if (full != null) {
      throw new IOException(full);
    }
    return new Stream(this);
  }

  @Override
  public Optional<Datagrams> datagrams(String service) {
    return Optional.ofNullable(datagrams);
  }

  @Override
  public boolean isQuiet() {
    return quiet;
  }

  @Override
  public void probe(Duration limit, Consumer<Boolean> answer) {
    probes.add(answer);
  }

  @Override
  public void serviceOpened(String service) {
    open.add(service);
  }

  @Override
  public void serviceClosed(String service) {
    open.remove(service);
  }

  @Override
  public void shared(String service, int others, List<String> names) {
    notices.add(service + " " + others + " " + names);
  }

  @Override
  public void close(ByeReason reason, String why) {
    if (closedFor == null) {
      closedFor = reason;
      closedWhy = why;
    }
  }

  @Override
  public String toString() {
    return title;
  }
}
