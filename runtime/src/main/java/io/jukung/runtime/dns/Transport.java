package io.jukung.runtime.dns;

import io.netty.buffer.ByteBuf;

/** How messages travel. */
enum Transport {
  UDP {
    @Override
    ByteBuf fit(ByteBuf answer, Question question, ByteBuf message) throws Exception {
      boolean extended = message.getUnsignedShort(message.readerIndex() + ADDITIONAL_COUNT) > 0;
      return Answers.fit(answer, question, extended ? EXTENDED_BYTES : PLAIN_BYTES);
    }
  },
  TCP {
    @Override
    ByteBuf fit(ByteBuf answer, Question question, ByteBuf message) {
      return answer;
    }
  };

  /** The largest message that every client of UDP takes (RFC 1035, section 2.3.4). */
  private static final int PLAIN_BYTES = 512;

  /** What clients with extensions take without fragments (RFC 6891, and DNS flag day 2020). */
  private static final int EXTENDED_BYTES = 1232;

  private static final int ADDITIONAL_COUNT = 10;

  /** The answer, or a shorter one where the answer is too large for the client. */
  abstract ByteBuf fit(ByteBuf answer, Question question, ByteBuf message) throws Exception;
}
