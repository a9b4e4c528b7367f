package io.jukung.cli.ssh;

import java.io.IOException;

/**
 * Something that signs with keys that it shows to nobody (draft-ietf-sshm-ssh-agent). Thread-safe.
 */
@FunctionalInterface
interface Agent {
  /**
   * Answers a request.
   *
   * @param request the message without its length: a byte with the type, then the contents
   * @return the answer in the same form
   */
  byte[] answer(byte[] request) throws IOException;
}
