package io.jukung.runtime.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AnswersTest {
  static final int A = 1;
  static final int PTR = 12;
  static final int AAAA = 28;
  static final int ANY = 255;

  private static final int ID = 0x1234;

  /**
   * Knows web, with an address of each family, and many, with more than a datagram has room for.
   */
  static final class Names implements NameSource {
    List<String> servers = List.of();
    boolean leadsOut = true;

    @Override
    public Optional<List<InetAddress>> addresses(String sandboxId, String name) {
      return switch (name) {
        case "web" ->
            Optional.of(
                List.of(InetAddress.ofLiteral("192.0.2.1"), InetAddress.ofLiteral("2001:db8::1")));
        case "many" ->
            Optional.of(
                IntStream.range(0, 200)
                    .mapToObj(i -> InetAddress.ofLiteral("192.0.2." + i))
                    .toList());
        default -> Optional.empty();
      };
    }

    @Override
    public Optional<String> name(String sandboxId, InetAddress address) {
      return address.equals(InetAddress.ofLiteral("192.0.2.1"))
              || address.equals(InetAddress.ofLiteral("2001:db8::1"))
          ? Optional.of("web.net")
          : Optional.empty();
    }

    @Override
    public boolean leadsOut(String sandboxId) {
      return leadsOut;
    }

    @Override
    public List<String> servers(String sandboxId) {
      return servers;
    }
  }

  private final Answers answers = new Answers(new Names());

  static ByteBuf message(String name, int type) {
    ByteBuf out = Unpooled.buffer();
    out.writeShort(ID).writeShort(0x0100).writeShort(1).writeZero(6);
    for (String label : name.split("\\.", -1)) {
      byte[] bytes = label.getBytes(StandardCharsets.US_ASCII);
      out.writeByte(bytes.length).writeBytes(bytes);
    }
    return out.writeByte(0).writeShort(type).writeShort(1);
  }

  private static Question question(String name, int type) {
    return Question.parse(message(name, type)).orElseThrow();
  }

  private static int code(ByteBuf answer) {
    return answer.getUnsignedShort(2) & 0xf;
  }

  private static int records(ByteBuf answer) {
    return answer.getUnsignedShort(6);
  }

  private static byte[] tail(ByteBuf answer, int count) {
    byte[] bytes = new byte[count];
    answer.getBytes(answer.writerIndex() - count, bytes);
    return bytes;
  }

  @Test
  void knownNameHasTheAddressesOfTheAskedFamily() throws Exception {
    ByteBuf four = answers.of("pod", question("web", A)).orElseThrow();
    assertThat(four.getUnsignedShort(0)).isEqualTo(ID);
    assertThat(four.getUnsignedShort(2)).isEqualTo(0x8580); // an answer with authority
    assertThat(records(four)).isEqualTo(1);
    assertThat(tail(four, 4)).containsExactly(192, 0, 2, 1);
    ByteBuf six = answers.of("pod", question("web", AAAA)).orElseThrow();
    assertThat(records(six)).isEqualTo(1);
    assertThat(tail(six, 16)).isEqualTo(InetAddress.ofLiteral("2001:db8::1").getAddress());
    assertThat(records(answers.of("pod", question("web", ANY)).orElseThrow())).isEqualTo(2);
  }

  @Test
  void knownNameOfAnotherTypeHasAnAnswerWithoutRecords() throws Exception {
    ByteBuf none = answers.of("pod", question("web", 15)).orElseThrow();
    assertThat(code(none)).isZero();
    assertThat(records(none)).isZero();
    assertThat(answers.of("pod", question("other", A))).isEmpty();
  }

  @Test
  void addressesOfBothFamiliesHaveNames() throws Exception {
    for (String name :
        List.of(
            "1.2.0.192.in-addr.arpa",
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")) {
      ByteBuf answer = answers.of("pod", question(name, PTR)).orElseThrow();
      assertThat(tail(answer, 9)).isEqualTo("\3web\3net\0".getBytes(StandardCharsets.US_ASCII));
    }
    for (String name : List.of("9.2.0.192.in-addr.arpa", "300.2.0.192.in-addr.arpa", "x.arpa")) {
      assertThat(answers.of("pod", question(name, PTR))).as(name).isEmpty();
    }
  }

  @Test
  void updateIsAnsweredAsNotImplemented() throws Exception {
    ByteBuf update = message("web", A);
    update.setShort(2, 5 << 11);
    assertThat(code(answers.of("pod", Question.parse(update).orElseThrow()).orElseThrow()))
        .isEqualTo(4);
  }

  @Test
  void answerThatIsTooLargeForADatagramIsCutAndWholeOverTcp() throws Exception {
    ByteBuf message = message("many", A);
    Question question = Question.parse(message).orElseThrow();
    ByteBuf whole = answers.of("pod", question).orElseThrow();
    assertThat(Transport.TCP.fit(whole, question, message)).isSameAs(whole);
    assertThat(records(whole)).isEqualTo(200);
    ByteBuf cut = Transport.UDP.fit(whole, question, message);
    assertThat(cut.readableBytes()).isLessThan(512);
    assertThat(cut.getUnsignedShort(2) & 0x0200).as("truncated").isNotZero();
  }

  @Test
  void changedMessagesAreNeverAnError() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      ByteBuf message = message("www.example", A);
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        message.setByte(random.nextInt(message.writerIndex()), random.nextInt(256));
      }
      message.writerIndex(random.nextInt(message.writerIndex() + 1));
      int before = message.readerIndex();
      var _ = Question.parse(message);
      assertThat(message.readerIndex()).isEqualTo(before);
    }
  }

  @Test
  void answersAndMessagesWithSeveralQuestionsAreNoQuestions() {
    ByteBuf answer = message("web", A);
    answer.setShort(2, 0x8180);
    assertThat(Question.parse(answer)).isEmpty();
    ByteBuf two = message("web", A);
    two.setShort(4, 2);
    assertThat(Question.parse(two)).isEmpty();
  }

  @Test
  void resolvConfIsReadAsTheResolverReadsIt() {
    ResolvConf conf =
        ResolvConf.parse(
            """
            # comment
            search first.example
            nameserver 192.0.2.53
            nameserver\tfd00::53
            search second.example third.example
            options ndots:2 rotate
            """);
    assertThat(conf.servers()).containsExactly("192.0.2.53", "fd00::53");
    assertThat(conf.searches()).containsExactly("second.example", "third.example");
    assertThat(conf.options()).containsExactly("ndots:2", "rotate");
    assertThat(ResolvConf.parse("").servers()).isEmpty();
  }
}
