package io.jukung.cli.ssh;

import java.io.IOException;

/**
 * Lets a build list keys and sign with them, and nothing else: no command of a Dockerfile may add,
 * remove or lock keys of the user.
 */
record ReadOnlyAgent(Agent agent) implements Agent {
  @Override
  public byte[] answer(byte[] request) throws IOException {
    return switch (request[0]) {
      case AgentMessages.REQUEST_IDENTITIES, AgentMessages.SIGN_REQUEST -> agent.answer(request);
      default -> AgentMessages.failure();
    };
  }
}
