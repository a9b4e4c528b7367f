package io.jukung.runtime.dns;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;

/**
 * A message of a client with one question (RFC 1035, section 4.1).
 *
 * @param id the client's number of the message
 * @param flags the second word of the header
 */
record Question(int id, int flags, DnsQuestion asked) {
  static final int HEADER_BYTES = 12;

  static final int RESPONSE = 0x8000;
  static final int RECURSION_DESIRED = 0x0100;
  private static final int OPCODE = 0x7800;

  private static final String ARPA4 = ".in-addr.arpa.";
  private static final String ARPA6 = ".ip6.arpa.";
  private static final int IPV4_LABELS = 4;
  private static final int IPV6_LABELS = 32;
  private static final int HEXADECIMAL = 16;
  private static final int NIBBLE = 4;

  /**
   * Reads a message. Its bytes stay as they are.
   *
   * @return empty if the message is no question: it is not answered
   */
  static Optional<Question> parse(ByteBuf message) {
    if (message.readableBytes() < HEADER_BYTES) {
      return Optional.empty();
    }
    ByteBuf in = message.duplicate();
    int id = in.readUnsignedShort();
    int flags = in.readUnsignedShort();
    int questions = in.readUnsignedShort();
    in.skipBytes(3 * Short.BYTES);
    if ((flags & RESPONSE) != 0 || questions != 1) {
      return Optional.empty();
    }
    try {
      String name = DefaultDnsRecordDecoder.decodeName(in);
      DnsRecordType type = DnsRecordType.valueOf(in.readUnsignedShort());
      return Optional.of(
          new Question(id, flags, new DefaultDnsQuestion(name, type, in.readUnsignedShort())));
    } catch (RuntimeException e) { // the codec throws several kinds for malformed names
      return Optional.empty();
    }
  }

  /** Whether the message asks for names, and not for an update or a status. */
  boolean isQuery() {
    return (flags & OPCODE) == 0;
  }

  boolean isOf(DnsRecordType type) {
    return asked.type().equals(type);
  }

  /** The name without the dot at its end. */
  String name() {
    String name = asked.name();
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }

  /** The address of a question for the name of an address. */
  Optional<InetAddress> reverse() {
    String name = asked.name().toLowerCase(Locale.ROOT);
    try {
      if (name.endsWith(ARPA4)) {
        return reverse4(name.substring(0, name.length() - ARPA4.length()).split("\\."));
      }
      return name.endsWith(ARPA6)
          ? reverse6(name.substring(0, name.length() - ARPA6.length()).split("\\."))
          : Optional.empty();
    } catch (IllegalArgumentException | UnknownHostException e) {
      return Optional.empty();
    }
  }

  private static Optional<InetAddress> reverse4(String[] labels) throws UnknownHostException {
    if (labels.length != IPV4_LABELS) {
      return Optional.empty();
    }
    byte[] bytes = new byte[IPV4_LABELS];
    for (int i = 0; i < bytes.length; i++) {
      int value = Integer.parseInt(labels[bytes.length - 1 - i]);
      if (value < 0 || value > 0xff) {
        return Optional.empty();
      }
      bytes[i] = (byte) value;
    }
    return Optional.of(InetAddress.getByAddress(bytes));
  }

  private static Optional<InetAddress> reverse6(String[] labels) throws UnknownHostException {
    if (labels.length != IPV6_LABELS) {
      return Optional.empty();
    }
    byte[] bytes = new byte[IPV6_LABELS / 2];
    for (int i = 0; i < IPV6_LABELS; i++) {
      String label = labels[IPV6_LABELS - 1 - i];
      if (label.length() != 1) {
        return Optional.empty();
      }
      int nibble = Integer.parseInt(label, HEXADECIMAL);
      bytes[i / 2] |= (byte) (i % 2 == 0 ? nibble << NIBBLE : nibble);
    }
    return Optional.of(InetAddress.getByAddress(bytes));
  }
}
