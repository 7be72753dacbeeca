package culvert.dialect.trp;

import culvert.net.Connection;
import culvert.net.Deadlines;
import culvert.session.AnnouncedSession;
import culvert.session.DataChannels;
import culvert.session.SessionEndedException;
import culvert.session.Visitor;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The origin side's control connection; this side sends nothing on it. */
final class TrpOriginSession extends AnnouncedSession {

  private final Connection control;

  TrpOriginSession(Connection control, Deadlines deadlines, DataChannels.OfSession channels) {
    super(control, deadlines, channels);
    this.control = control;
  }

  /** The protocol does not report the public address. */
  @Override
  protected void receiveAnnouncements(String service, Listener listener) throws IOException {
    listener.served(service, List.of());
    var lines = new AddressLines(control.input());
    for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
      var visitor = new Visitor(service, AddressLines.address(line.get()), control.peer());
      fetch(visitor.name(), visitor, fresh -> fresh);
    }
    throw new SessionEndedException("the remote proxy closed the connection");
  }
}
