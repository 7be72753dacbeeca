package culvert.system;

import culvert.net.HostPort;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A bounce server and its addresses. */
record BounceProcess(RoleProcess role, HostPort address, HostPort console)
    implements AutoCloseable {

  /** Starts a bounce server on free ports with these options. */
  static BounceProcess start(String... options) throws IOException {
    List<String> command = new ArrayList<>(List.of("bounce-server", "--bind=127.0.0.1", "-p", "0"));
    command.addAll(List.of(options));
    RoleProcess role = RoleProcess.start(command.toArray(String[]::new));
    try {
      String[] bound = role.line().split("bounce-server: listening |, console ");
      HostPort console = bound.length > 2 ? HostPort.parse(bound[2]) : null;
      return new BounceProcess(role, HostPort.parse(bound[1]), console);
    } catch (IOException | RuntimeException e) {
      role.close();
      throw e;
    }
  }

  /** Joins a group as the program's README describes; READY confirms the membership. */
  BounceClient join(String authenticationAndGroup) throws IOException {
    BounceClient client = BounceClient.dial(address);
    try {
      return client.receive("4-BounceServer_1.0\n").send(authenticationAndGroup).receive("READY");
    } catch (IOException | AssertionError e) {
      client.close();
      throw e;
    }
  }

  @Override
  public void close() {
    role.close();
  }
}
