package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.PortRange;
import culvert.config.ServiceAddress;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.Threads;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.protocol.ByeReason;
import culvert.protocol.DeclinedReason;
import culvert.session.Offer;
import culvert.session.ServiceRegistry.Answer;
import culvert.testing.Eventually;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Admission of sessions and their offers, also of services that another session owns. */
class RegistryTest {

  private static final String OWNED =
      "another origin proxy serves it; to share its visitors, give --share to both";
  private static final Offer WEB = Offer.of("web");
  private static final Answer TAKEN = new Answer.Served(Map.of(WEB, List.of("192.0.2.7:80")));
  private static final Answer DECLINED = new Answer.Declined(WEB, DeclinedReason.IN_USE, OWNED);
  private static final Answer OVER =
      new Answer.Declined(WEB, DeclinedReason.IN_USE, "the session is over or draining");

  private final TestLog log = new TestLog();
  private final Counters counters = new Counters();
  private final Deadlines deadlines = new Deadlines();
  private final Registry registry = registry(false);
  private final List<Boolean> serving = new ArrayList<>();
  private final List<Answer> answers = new ArrayList<>();
  private final FakeSession owner = new FakeSession("laptop", "1");
  private final FakeSession newcomer = new FakeSession("desktop", "2");
  private final FakeSession third = new FakeSession("phone", "3");

  private Registry registry(boolean confirmed) {
    return registry(confirmed, List.of(new ServiceAddress("web", new HostPort("192.0.2.7", 80))));
  }

  private Registry registry(boolean confirmed, List<ServiceAddress> addresses) {
    var services = new ServiceTable(addresses);
    var tables =
        new RegistryTables(new Roster(20, confirmed), services, new PortTable(Optional.empty()));
    var sessionLog = new SessionLog(Duration.ofHours(1), counters, log.log());
    return new Registry(
        tables,
        port -> {
          throw new IOException();
        },
        deadlines,
        counters,
        sessionLog);
  }

  @AfterEach
  void close() {
    deadlines.close();
    log.close();
  }

  /** Returns all log lines: a closed log has written everything. */
  private String logged() {
    log.close();
    return log.text();
  }

  private void offer(Registry registry, FakeSession session) {
    registry.register(session, List.of(WEB), false, answers::add);
  }

  private void join(Registry registry, FakeSession... sessions) {
    for (FakeSession session : sessions) {
      Runnable onChange = () -> serving.add(registry.isServing(session));
      assertThat(registry.admit(session, onChange)).isEmpty();
    }
  }

  /** The owner serves, the newcomer has offered the same service, and the owner is probed. */
  private void contest() {
    join(registry, owner, newcomer);
    offer(registry, owner);
    assertThat(answers).containsExactly(TAKEN);
    answers.clear();
    offer(registry, newcomer);
    assertThat(answers).as("answer before the owner was probed").isEmpty();
    assertThat(owner.probes).hasSize(1);
  }

  /** The registration continues in a thread of its own. */
  private static void answerProbe(FakeSession holder, boolean isAlive) throws Exception {
    holder.probes.remove().accept(isAlive);
    Eventually.within(
        RolePair.LIMIT,
        () -> assertThat(Threads.live()).noneMatch(name -> name.startsWith("registration of ")));
  }

  @Test
  void acceptedOfferIsAnsweredAndChangesTheServices() {
    join(registry, owner);
    offer(registry, owner);
    assertThat(answers).containsExactly(TAKEN);
    assertThat(serving).containsExactly(true);
    registry.withdraw(owner, "web");
    assertThat(serving).containsExactly(true, false);
    registry.withdraw(owner, "web");
    assertThat(serving).as("second withdrawal").containsExactly(true, false);
  }

  @Test
  void declinedOfferDoesNotChangeTheServices() {
    join(registry, owner);
    registry.register(owner, List.of(Offer.of("mail")), false, answers::add);
    assertThat(answers)
        .containsExactly(
            new Answer.Declined(
                Offer.of("mail"),
                DeclinedReason.SETTINGS,
                "the remote proxy has no service 'mail'; it has [web]"));
    assertThat(serving).isEmpty();
    assertThat(counters.get(Counter.OFFERS_DECLINED)).isEqualTo(1);
    assertThat(logged()).contains("offer declined");
  }

  @Test
  void declinedOffersOfOneSourceAreLoggedUpToALimit() {
    join(registry, owner);
    for (int i = 0; i < 105; i++) {
      registry.register(owner, List.of(Offer.of("mail" + i)), false, answers::add);
    }
    assertThat(logged().lines().filter(line -> line.contains("offer declined"))).hasSize(100);
    assertThat(counters.get(Counter.LOG_LINES_SUPPRESSED)).isEqualTo(5);
    assertThat(answers).as("every offer is answered").hasSize(105);
  }

  @Test
  void offerThatIsDeclinedAgainIsLoggedAndCountedOnceForEachSession() {
    join(registry, owner, newcomer);
    for (int i = 0; i < 3; i++) {
      registry.register(owner, List.of(Offer.of("mail")), false, answers::add);
      registry.register(newcomer, List.of(Offer.of("mail")), false, answers::add);
    }
    assertThat(logged().lines().filter(line -> line.contains("offer declined"))).hasSize(2);
    assertThat(counters.get(Counter.OFFERS_DECLINED)).isEqualTo(2);
  }

  @Test
  void sessionsThatAskForSharingShareAServiceWithoutProbes() {
    join(registry, owner, newcomer, third);
    registry.register(owner, List.of(WEB), true, answers::add);
    registry.register(newcomer, List.of(WEB), true, answers::add);
    registry.register(third, List.of(WEB), true, answers::add);
    assertThat(answers).containsExactly(TAKEN, TAKEN, TAKEN);
    assertThat(owner.probes).isEmpty();
    assertThat(logged())
        .containsPattern(
            "service offered origin_proxy=phone@\\S+ service=web shared_with=laptop,desktop");
  }

  /** Visitors would otherwise alternate between two different origin servers. */
  @Test
  void serviceIsNotSharedUnlessBothSessionsAskForIt() throws Exception {
    Registry verified = registry(true);
    join(verified, owner, newcomer);
    verified.register(owner, List.of(WEB), false, answers::add);
    verified.register(newcomer, List.of(WEB), true, answers::add);
    answerProbe(owner, true);
    assertThat(answers)
        .containsExactly(
            TAKEN,
            new Answer.Declined(
                WEB,
                DeclinedReason.IN_USE,
                "origin proxy 'laptop' serves it without --share; to share its visitors, give"
                    + " --share to both"));
    assertThat(verified.isServing(newcomer)).isFalse();
    assertThat(owner.closedFor).isNull();
  }

  @Test
  void sharedServiceIsNotTakenByASessionThatDoesNotShare() throws Exception {
    join(registry, owner, newcomer, third);
    registry.register(owner, List.of(WEB), true, answers::add);
    registry.register(newcomer, List.of(WEB), true, answers::add);
    offer(registry, third);
    answerProbe(owner, false);
    answerProbe(newcomer, true);
    assertThat(answers).containsExactly(TAKEN, TAKEN, DECLINED);
    assertThat(owner.closedFor).as("a holder that is silent while another answers").isNull();
  }

  @Test
  void sessionsThatShareAServiceAreNotifiedOfEachOther() throws Exception {
    join(registry, owner, newcomer);
    registry.register(owner, List.of(WEB), true, answers::add);
    registry.register(newcomer, List.of(WEB), true, answers::add);
    Eventually.within(RolePair.LIMIT, () -> assertThat(owner.notices).contains("web 1 [desktop]"));
    assertThat(newcomer.notices).contains("web 1 [laptop]");
    registry.remove(newcomer);
    Eventually.within(RolePair.LIMIT, () -> assertThat(owner.notices).contains("web 0 []"));
  }

  @Test
  void noticeNamesSixteenOtherSessions() throws Exception {
    for (int i = 0; i < 18; i++) {
      var session = i == 0 ? owner : new FakeSession("host" + i, "process " + i);
      join(registry, session);
      registry.register(session, List.of(WEB), true, answers::add);
    }
    Eventually.within(
        RolePair.LIMIT, () -> assertThat(owner.notices).anyMatch(one -> one.startsWith("web 17 ")));
    assertThat(owner.notices).last().asString().contains("host16").doesNotContain("host17");
  }

  /** A second trial process must not end the first one and then fail itself. */
  @Test
  void loginWithADeclinedOfferDoesNotTakeOverItsName() {
    Registry verified = registry(true);
    var second = new FakeSession("laptop", "2");
    join(verified, owner, second);
    offer(verified, owner);
    verified.register(second, List.of(WEB, Offer.of("mail")), false, answers::add);
    assertThat(answers)
        .last()
        .isInstanceOfSatisfying(
            Answer.Declined.class,
            declined -> assertThat(declined.reason()).isEqualTo(DeclinedReason.SETTINGS));
    assertThat(verified.isServing(owner)).isTrue();
    assertThat(owner.closedFor).isNull();
    assertThat(verified.isServing(second)).as("serves one of its services").isFalse();
    offer(verified, second);
    assertThat(answers).last().isEqualTo(TAKEN);
    assertThat(owner.closedFor).isEqualTo(ByeReason.SUPERSEDED);
  }

  /** Lets processes take over the owner's name until it stays; returns the one that has it. */
  private FakeSession exhaustTakeovers(Registry verified) {
    FakeSession holder = owner;
    join(verified, holder);
    offer(verified, holder);
    for (int i = 0; i < Takeovers.MAX_TAKEOVERS; i++) {
      var clone = new FakeSession("laptop", "clone " + i);
      join(verified, clone);
      offer(verified, clone);
      assertThat(holder.closedFor).isEqualTo(ByeReason.SUPERSEDED);
      holder = clone;
    }
    return holder;
  }

  /** Supervisors restart both processes, each time with another instance id. */
  @Test
  void clonesOfOneNameDoNotReplaceEachOtherForEver() throws Exception {
    Registry verified = registry(true);
    FakeSession holder = exhaustTakeovers(verified);
    for (int i = 0; i < 10; i++) {
      var clone = new FakeSession("laptop", "late clone " + i);
      join(verified, clone);
      offer(verified, clone);
      answerProbe(holder, true);
      assertThat(answers)
          .last()
          .isInstanceOfSatisfying(
              Answer.Declined.class,
              declined ->
                  assertThat(declined.why()).contains("give each process a --name of its own"));
      verified.remove(clone);
    }
    assertThat(holder.closedFor).as("the process that has the name").isNull();
    var last = new FakeSession("laptop", "last");
    join(verified, last);
    offer(verified, last);
    answerProbe(holder, false);
    assertThat(answers).as("after the holder fell silent").last().isEqualTo(TAKEN);
  }

  /** A peer of protocol version 1 offers each of its services by itself. */
  @Test
  void secondOfferOfASessionWaitsForTheProbeOfItsName() throws Exception {
    Offer mail = Offer.of("mail");
    Registry verified =
        registry(
            true,
            List.of(
                new ServiceAddress("web", new HostPort("192.0.2.7", 80)),
                new ServiceAddress("mail", new HostPort("192.0.2.7", 25))));
    FakeSession holder = exhaustTakeovers(verified);
    verified.register(holder, List.of(mail), false, answers::add);
    answers.clear();
    var replacement = new FakeSession("laptop", "replacement");
    join(verified, replacement);
    offer(verified, replacement);
    verified.register(replacement, List.of(mail), false, answers::add);
    assertThat(answers).as("answers before the probe").isEmpty();
    assertThat(holder.probes).as("probes for two offers").hasSize(1);
    answerProbe(holder, false);
    assertThat(answers)
        .containsExactly(TAKEN, new Answer.Served(Map.of(mail, List.of("192.0.2.7:25"))));
    assertThat(holder.closedFor).isEqualTo(ByeReason.SUPERSEDED);
  }

  @Test
  void offersThatWaitForAProbeAreLimited() throws Exception {
    Registry verified = registry(true);
    FakeSession holder = exhaustTakeovers(verified);
    answers.clear();
    var clone = new FakeSession("laptop", "late clone");
    join(verified, clone);
    for (int i = 0; i < Registrar.MAX_WAITING + 3; i++) {
      offer(verified, clone);
    }
    assertThat(answers).as("declined above the limit").hasSize(2);
    answerProbe(holder, true);
    assertThat(holder.probes).as("probes after the holder has answered").isEmpty();
    assertThat(answers)
        .hasSize(Registrar.MAX_WAITING + 3)
        .allSatisfy(answer -> assertThat(answer).isInstanceOf(Answer.Declined.class));
    assertThat(holder.closedFor).isNull();
  }

  @Test
  void portIsNoLongerReservedAfterAnyFailureToBindIt() {
    var ports = new PortTable(Optional.of(PortRange.parse("127.0.0.1:7000-7000")));
    var faulty =
        new Registry(
            new RegistryTables(new Roster(20, false), new ServiceTable(List.of()), ports),
            port -> {
              throw new IllegalStateException("bug of the test");
            },
            deadlines,
            counters,
            new SessionLog(Duration.ofHours(1), counters, log.log()));
    join(faulty, owner);
    List<Offer> offers = List.of(Offer.atPort("web", 7000));
    assertThatThrownBy(() -> faulty.register(owner, offers, false, answers::add))
        .hasMessage("bug of the test");
    assertThat(ports.reserve(7000)).as("whether the port is free").isTrue();
  }

  /** The timer thread must not bind or close a listener. */
  @Test
  void answerToAProbeDoesNotBlockItsThread() throws Exception {
    var threads = new ArrayList<Thread>();
    join(registry, owner, newcomer);
    offer(registry, owner);
    registry.register(newcomer, List.of(WEB), false, answer -> threads.add(Thread.currentThread()));
    answerProbe(owner, false);
    assertThat(threads).hasSize(1).doesNotContain(Thread.currentThread());
  }

  @Test
  void ownerThatAnswersTheProbeKeepsItsService() throws Exception {
    contest();
    answerProbe(owner, true);
    assertThat(answers).containsExactly(DECLINED);
    assertThat(owner.closedFor).isNull();
    assertThat(registry.isServing(owner)).isTrue();
    assertThat(registry.isServing(newcomer)).isFalse();
    assertThat(serving).as("the newcomer serves nothing").containsExactly(true);
  }

  @Test
  void ownerThatDoesNotAnswerTheProbeLosesItsServiceAndSession() throws Exception {
    contest();
    answerProbe(owner, false);
    assertThat(answers).containsExactly(TAKEN);
    assertThat(owner.closedFor).isEqualTo(ByeReason.ERROR);
    assertThat(owner.closedWhy).contains("did not answer");
    assertThat(registry.isServing(owner)).isFalse();
    assertThat(registry.isServing(newcomer)).isTrue();
    assertThat(serving)
        .as("owner serves, newcomer serves, owner does not")
        .containsExactly(true, true, false);
    assertThat(counters.get(Counter.SESSIONS_SUPERSEDED)).isEqualTo(1);
    offer(registry, owner);
    assertThat(answers).last().isEqualTo(OVER);
  }

  @Test
  void newcomerThatEndsDuringTheProbeServesNothing() throws Exception {
    contest();
    registry.remove(newcomer);
    answerProbe(owner, false);
    assertThat(answers).containsExactly(OVER);
    assertThat(registry.isServing(newcomer)).isFalse();
    assertThat(registry.isServing(owner)).as("no other session offers it any more").isTrue();
    assertThat(owner.closedFor).isNull();
    join(registry, third);
    offer(registry, third);
    assertThat(owner.probes).as("the next probe").hasSize(1);
  }

  @Test
  void newcomerServesIfTheOwnerEndsDuringTheProbe() throws Exception {
    contest();
    registry.remove(owner);
    answerProbe(owner, false);
    assertThat(answers).containsExactly(TAKEN);
  }

  @Test
  void sessionThatOffersWhileTheOwnerIsProbedKeepsTheService() throws Exception {
    contest();
    registry.remove(owner);
    join(registry, third);
    offer(registry, third);
    answerProbe(owner, false);
    assertThat(answers).containsExactly(TAKEN, DECLINED);
    assertThat(registry.isServing(third)).isTrue();
    assertThat(registry.isServing(newcomer)).isFalse();
  }

  @Test
  void ownerIsProbedOnceForSeveralOffers() throws Exception {
    contest();
    join(registry, third);
    offer(registry, third);
    offer(registry, newcomer);
    assertThat(answers).containsExactly(DECLINED, DECLINED);
    assertThat(owner.probes).hasSize(1);
    answerProbe(owner, true);
    offer(registry, third);
    assertThat(owner.probes).as("the next probe").hasSize(1);
  }

  /** The owner's session was lost but its process logs in again before the probe is over. */
  @Test
  void ownerThatLogsInAgainDuringTheProbeIsNotExcluded() throws Exception {
    var namesake = new FakeSession("laptop", "2");
    var back = new FakeSession("laptop", "1");
    join(registry, owner, namesake);
    offer(registry, owner);
    offer(registry, namesake);
    join(registry, back);
    offer(registry, back);
    assertThat(owner.closedFor).isEqualTo(ByeReason.STOPPING);
    answerProbe(owner, false);
    assertThat(answers).containsExactly(TAKEN, TAKEN, DECLINED);
    registry.remove(back);
    assertThat(registry.admit(new FakeSession("laptop", "1"), () -> {})).isEmpty();
  }

  @Test
  void replacedSessionServesNothingAndIsClosedWithTheReason() {
    Registry shared = registry(true);
    var successor = new FakeSession("laptop", "2");
    join(shared, owner);
    offer(shared, owner);
    join(shared, successor);
    offer(shared, successor);
    assertThat(owner.closedFor).isEqualTo(ByeReason.SUPERSEDED);
    assertThat(owner.closedWhy).contains("'laptop'").contains("--name");
    assertThat(shared.isServing(owner)).isFalse();
    offer(shared, owner);
    assertThat(answers).last().isEqualTo(OVER);
    assertThat(counters.get(Counter.SESSIONS_SUPERSEDED)).isEqualTo(1);
    assertThat(logged()).contains("session superseded").contains("laptop@192.0.2.1:1");
  }

  @Test
  void drainingSessionServesNothingAndFreesItsName() {
    Registry shared = registry(true);
    join(shared, owner);
    offer(shared, owner);
    shared.draining(owner, true);
    assertThat(shared.isServing(owner)).isFalse();
    join(shared, new FakeSession("laptop", "2"));
    assertThat(owner.closedFor).as("it may finish").isNull();
  }

  @Test
  void drainingSessionCannotOfferAService() {
    Registry shared = registry(true);
    join(shared, owner, newcomer);
    offer(shared, owner);
    shared.draining(owner, true);
    shared.draining(newcomer, true);
    offer(shared, owner);
    offer(shared, newcomer);
    assertThat(answers).containsExactly(TAKEN, OVER, OVER);
    assertThat(shared.isServing(owner)).isFalse();
    assertThat(shared.isServing(newcomer)).isFalse();
    assertThat(counters.get(Counter.OFFERS_DECLINED)).isEqualTo(2);
  }

  /** The newcomer waits for the probe of the owner and starts to drain before it is over. */
  @Test
  void sessionThatDrainsDuringTheProbeDoesNotReplaceTheOwner() throws Exception {
    contest();
    registry.draining(newcomer, true);
    answerProbe(owner, false);
    assertThat(answers).containsExactly(OVER);
    assertThat(registry.isServing(owner)).isTrue();
    assertThat(owner.closedFor).isNull();
  }

  @Test
  void removedSessionServesNothing() {
    join(registry, owner, newcomer);
    offer(registry, owner);
    registry.remove(owner);
    offer(registry, newcomer);
    assertThat(answers).containsExactly(TAKEN, TAKEN);
  }
}
