package io.jukung.runtime.build;

import io.jukung.client.v1.AgentFrame;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.runtime.rpc.Exchange;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The clients that let the commands of their builds use their SSH agents. Thread-safe. */
public final class AgentSessions {
  /** More than there can be builds. */
  private static final int MAX_SESSIONS = 64;

  /** A session that can be guessed would let a build use the agents of another client. */
  private static final int MIN_NAME_CHARACTERS = 32;

  private static final int MAX_NAME_CHARACTERS = 200;

  private final Map<String, AgentSession> open = new ConcurrentHashMap<>();

  /** Serves a client, whose first message has the session. */
  public Exchange.Receiver<AgentFrame> serve(Exchange.Sender<AgentFrame> client) {
    return new Client(client);
  }

  /**
   * The session of a build.
   *
   * @throws CriException FAILED_PRECONDITION if its client does not forward agents
   */
  AgentSession get(String name) {
    AgentSession found = open.get(name);
    if (found == null) {
      throw CriException.failedPrecondition("the client of the build does not forward SSH agents");
    }
    return found;
  }

  private final class Client implements Exchange.Receiver<AgentFrame> {
    private final Exchange.Sender<AgentFrame> sender;
    private @Nullable String name;
    private @Nullable AgentSession session;

    Client(Exchange.Sender<AgentFrame> sender) {
      this.sender = sender;
    }

    @Override
    public synchronized void received(AgentFrame frame) {
      if (session == null) {
        begin(frame.getSession());
      } else {
        session.received(frame);
      }
    }

    private void begin(String wanted) {
      if (wanted.length() < MIN_NAME_CHARACTERS || wanted.length() > MAX_NAME_CHARACTERS) {
        throw CriException.invalidArgument("the session of SSH agents has no usable name");
      }
      if (open.size() >= MAX_SESSIONS) {
        throw new CriException(
            ErrorKind.UNAVAILABLE, MAX_SESSIONS + " clients forward SSH agents, try again later");
      }
      AgentSession begun = new AgentSession(sender);
      if (open.putIfAbsent(wanted, begun) != null) {
        throw CriException.invalidArgument("the session of SSH agents is open already");
      }
      name = wanted;
      session = begun;
      begun.greet();
    }

    @Override
    public synchronized void ended() {
      if (name != null && session != null) {
        open.remove(name);
        session.close();
      }
    }
  }
}
