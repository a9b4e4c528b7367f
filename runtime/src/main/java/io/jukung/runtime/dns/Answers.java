package io.jukung.runtime.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.dns.DefaultDnsPtrRecord;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordEncoder;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Writes the answers that the daemon knows by itself. A question for the address of a known name of
 * a family that the container does not have gets an answer without records: to ask others for it
 * would be slow, and a wrong answer where a name on the internet is the same.
 */
final class Answers {
  /** Docker's time. A client that keeps an address longer asks for one that is gone. */
  private static final int SECONDS_TO_LIVE = 600;

  private static final int AUTHORITATIVE = 0x0400;
  private static final int RECURSION_AVAILABLE = 0x0080;
  private static final int TRUNCATED = 0x0200;

  /** As many addresses as fit into a message of 64 KiB, with much room. */
  private static final int MAX_RECORDS = 1000;

  private final NameSource names;

  Answers(NameSource names) {
    this.names = names;
  }

  /**
   * Answers a question of a pod.
   *
   * @return empty if the daemon does not know the name
   */
  Optional<ByteBuf> of(String sandboxId, Question question) throws Exception {
    if (!question.isQuery()) {
      return Optional.of(error(question, DnsResponseCode.NOTIMP));
    }
    if (question.isOf(DnsRecordType.PTR)) {
      Optional<String> name = question.reverse().flatMap(address -> names.name(sandboxId, address));
      return name.isEmpty()
          ? Optional.empty()
          : Optional.of(encode(question, List.of(pointer(question.asked(), name.get()))));
    }
    Optional<List<InetAddress>> addresses = names.addresses(sandboxId, question.name());
    if (addresses.isEmpty()) {
      return Optional.empty();
    }
    List<DnsRecord> records = new ArrayList<>();
    for (InetAddress each : addresses.get()) {
      if (question.isOf(DnsRecordType.ANY) || question.isOf(typeOf(each))) {
        records.add(address(question.asked(), each));
      }
    }
    Collections.shuffle(records); // several containers of one name share the load
    return Optional.of(encode(question, records.subList(0, Math.min(records.size(), MAX_RECORDS))));
  }

  private static DnsRecordType typeOf(InetAddress address) {
    return address.getAddress().length == Integer.BYTES ? DnsRecordType.A : DnsRecordType.AAAA;
  }

  private static DnsRecord address(DnsQuestion asked, InetAddress address) {
    return new DefaultDnsRawRecord(
        asked.name(),
        typeOf(address),
        SECONDS_TO_LIVE,
        Unpooled.wrappedBuffer(address.getAddress()));
  }

  private static DnsRecord pointer(DnsQuestion asked, String name) {
    return new DefaultDnsPtrRecord(asked.name(), asked.dnsClass(), SECONDS_TO_LIVE, name + ".");
  }

  private static ByteBuf encode(Question question, List<DnsRecord> records) throws Exception {
    ByteBuf out = header(question, AUTHORITATIVE, DnsResponseCode.NOERROR, records.size());
    DnsRecordEncoder.DEFAULT.encodeQuestion(question.asked(), out);
    for (DnsRecord each : records) {
      DnsRecordEncoder.DEFAULT.encodeRecord(each, out);
    }
    return out;
  }

  /** An answer that says why there is none. */
  static ByteBuf error(Question question, DnsResponseCode code) throws Exception {
    ByteBuf out = header(question, 0, code, 0);
    DnsRecordEncoder.DEFAULT.encodeQuestion(question.asked(), out);
    return out;
  }

  private static ByteBuf header(Question question, int more, DnsResponseCode code, int answers) {
    int flags =
        Question.RESPONSE
            | RECURSION_AVAILABLE
            | more
            | (question.flags() & Question.RECURSION_DESIRED)
            | code.intValue();
    return ByteBufAllocator.DEFAULT
        .buffer()
        .writeShort(question.id())
        .writeShort(flags)
        .writeShort(1)
        .writeShort(answers)
        .writeShort(0)
        .writeShort(0);
  }

  /**
   * The answer for a client of UDP: one that is too large is cut to its question, and says so, and
   * the client asks again over TCP (RFC 2181, section 9).
   */
  static ByteBuf fit(ByteBuf answer, Question question, int limit) throws Exception {
    if (answer.readableBytes() <= limit) {
      return answer;
    }
    answer.release();
    ByteBuf cut = header(question, TRUNCATED, DnsResponseCode.NOERROR, 0);
    DnsRecordEncoder.DEFAULT.encodeQuestion(question.asked(), cut);
    return cut;
  }
}
