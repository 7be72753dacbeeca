package culvert.bounce.console;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.bounce.server.BounceFixture;
import culvert.bounce.server.BounceServer;
import culvert.bounce.server.MemberView;
import culvert.bounce.server.RawMember;
import culvert.config.BounceAuthentication;
import culvert.config.BounceGroups;
import culvert.config.BounceLoginLimits;
import culvert.config.BounceSettings;
import culvert.config.TransportKind;
import culvert.config.WebSocketSettings;
import culvert.net.HostPort;
import culvert.observe.Counters;
import culvert.protocol.bounce.BounceGreeting;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.TestLog;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests a console session at a server that has members. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ConsoleTranscriptTest {

  private static final HostPort ANY = new HostPort("127.0.0.1", 0);
  private static final Duration PERIOD = Duration.ofSeconds(10);

  private final Counters counters = new Counters();
  private final CountingStop stops = new CountingStop();
  private final TestLog log = new TestLog();
  private BounceServer server;
  private ConsoleServer console;
  private RawMember operator;

  @BeforeEach
  void begin() throws IOException {
    var settings =
        new BounceSettings(
            ANY,
            BounceGreeting.AS_IMPLEMENTED,
            Optional.of(BounceAuthentication.of("hi")),
            BounceLoginLimits.DEFAULT,
            BounceGroups.DEFAULT,
            TransportKind.PLAIN,
            Optional.empty(),
            WebSocketSettings.DEFAULT,
            PERIOD,
            PERIOD);
    var events = new MemberEventLog(Verbosity.of(1), PERIOD, counters, log.log());
    server = BounceServer.start(settings, events, counters, log.log());
    console =
        ConsoleServer.start(
            ANY, Optional.empty(), server, events, stops, PERIOD, counters, log.log());
    operator = RawMember.dial(console.address()).expect("> ");
  }

  @AfterEach
  void end() throws IOException {
    operator.close();
    console.close();
    server.close();
    log.close();
  }

  /** Joins group 172 as a member whose connection the operator has seen. */
  private RawMember join(int id) throws IOException {
    RawMember member = RawMember.dial(server.address()).expect("4-BounceServer_1.0\n");
    operator.expect("\n#" + id + " " + name(member) + " connected\n> ");
    return member.send("hi00ac").expect("READY");
  }

  private static String name(RawMember member) {
    return HostPort.of(member.address()).toString();
  }

  private void execute(String command, String answer) throws IOException {
    operator.send(command + "\n").expect(answer).expect("> ");
  }

  @Test
  void operatorSeesMembersAndKillsOne() throws Exception {
    execute("print connections", "no connections\n");
    try (RawMember one = join(0);
        RawMember two = join(1)) {
      String heads = "ID  ADDRESS" + " ".repeat(name(one).length() - 7) + "  GROUP  HEX  STATE\n";
      Eventually.within(
          BounceFixture.SOON,
          () ->
              assertThat(server.members())
                  .extracting(MemberView::state)
                  .containsOnly(MemberView.State.READY));
      execute(
          "pri con",
          heads
              + (" 0  " + name(one) + "    172   ac  READY\n")
              + (" 1  " + name(two) + "    172   ac  READY\n"));
      execute(
          "pri ch",
          "GROUP  HEX  COUNT  MEMBERS\n  172   ac      2  #0 "
              + name(one)
              + ", #1 "
              + name(two)
              + "\n");
      String left = "#1 " + name(two) + " in group 172 (0xac) disconnected: Disconnected by server";
      operator.send("kill " + name(two) + "\n");
      two.expectLast("");
      // The event may be shown before the answer.
      String seen = readUntil(left);
      if (!seen.contains("connection closed\n")) {
        readUntil("connection closed\n");
      }
    }
    // The other one was closed by the test.
    assertThat(readUntil("disconnected: ")).contains("#0 ");
  }

  @Test
  void operatorSeesBytesOfSelectedGroup() throws Exception {
    execute("verbose 4", "verbosity is 4, every group\n");
    execute("verbose channel 172", "verbosity is 4, group 172 (0xac)\n");
    try (RawMember one = RawMember.dial(server.address());
        RawMember two = RawMember.dial(server.address());
        RawMember otherGroup = RawMember.dial(server.address())) {
      for (RawMember member : new RawMember[] {one, two, otherGroup}) {
        member.expect("4-BounceServer_1.0\n").send(member == otherGroup ? "hi0007" : "hi00ac");
        member.expect("READY");
      }
      otherGroup.send("not to be seen");
      one.send("hello\n");
      two.expect("hello\n");
      String seen = readUntil("|hello.|");
      assertThat(seen)
          .contains(name(one) + " -> group 172 (0xac): 6 bytes\n  000000  68 65 6c 6c 6f 0a  ")
          .doesNotContain("not to be");
    }
  }

  @Test
  void echoIsSwitchedWhileMembersAreConnected() throws Exception {
    try (RawMember one = join(0);
        RawMember two = join(1)) {
      execute("echo on", "echo is on\n");
      one.send("a").expect("a");
      two.expect("a");
      execute("echo off", "echo is off\n");
      one.send("b");
      two.expect("b").send("c");
      one.expect("c");
    }
  }

  @Test
  void eachStopCommandIsPassedOn() throws Exception {
    execute("stop", "stopping; members may finish for a while\n");
    execute("stop", "already stopping\n");
    assertThat(stops.count()).isEqualTo(2);
    operator.send("exit\n").expectLast("");
  }

  /** Returns the console's output up to and including this text. */
  private String readUntil(String text) throws IOException {
    var seen = new StringBuilder();
    while (seen.indexOf(text) < 0) {
      int b = operator.in().read();
      assertThat(b).as("end of input after %s", seen).isNotNegative();
      seen.append((char) b);
    }
    return seen.toString();
  }
}
