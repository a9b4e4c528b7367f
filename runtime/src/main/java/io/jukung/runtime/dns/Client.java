package io.jukung.runtime.dns;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A pod that asks for names. Runs on the event loop. */
final class Client {
  private static final Logger LOG = LoggerFactory.getLogger(Client.class);

  /** How many connections over TCP a pod may have at a time. */
  static final int MAX_CONNECTIONS = 64;

  private final String sandboxId;
  private final Answers answers;
  private final Forwarder forwarder;
  private int connections;

  Client(String sandboxId, Answers answers, Forwarder forwarder) {
    this.sandboxId = sandboxId;
    this.answers = answers;
    this.forwarder = forwarder;
  }

  /** Whether one more connection may be open. If so, {@link #disconnected} is called later. */
  boolean connected() {
    if (connections >= MAX_CONNECTIONS) {
      return false;
    }
    connections++;
    return true;
  }

  void disconnected() {
    connections--;
  }

  /**
   * Answers a message, at once or later.
   *
   * @param message stays the caller's
   * @param transport how the message has come; it is forwarded in the same way
   * @param answer receives the answer, which is its own from then on; it is not called for a
   *     message that is no question
   */
  void ask(ByteBuf message, Transport transport, Consumer<ByteBuf> answer) {
    Optional<Question> parsed = Question.parse(message);
    if (parsed.isEmpty()) {
      return;
    }
    Question question = parsed.get();
    try {
      Optional<ByteBuf> known = answers.of(sandboxId, question);
      if (known.isPresent()) {
        answer.accept(transport.fit(known.get(), question, message));
      } else {
        forwarder.forward(sandboxId, question, message, transport, answer);
      }
    } catch (Exception e) { // the codec declares any exception
      LOG.warn("a question for {} cannot be answered", question.name(), e);
      answer.accept(failure(question));
    }
  }

  private static ByteBuf failure(Question question) {
    try {
      return Answers.error(question, DnsResponseCode.SERVFAIL);
    } catch (Exception e) {
      throw new IllegalStateException("an answer without records cannot be encoded", e);
    }
  }
}
