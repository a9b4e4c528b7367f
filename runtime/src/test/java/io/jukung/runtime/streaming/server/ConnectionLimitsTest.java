package io.jukung.runtime.streaming.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ConnectionLimitsTest {
  private long now;
  private static final int MAX_STRANGERS = 256;

  private final ConnectionLimits limits = new ConnectionLimits(MAX_STRANGERS, () -> now);

  private List<Channel> open(int count) {
    return Stream.generate(this::open).limit(count).toList();
  }

  private Channel open() {
    Channel channel = new EmbeddedChannel();
    limits.opened(channel);
    return channel;
  }

  private static List<Channel> stillOpen(List<Channel> channels) {
    return channels.stream().filter(Channel::isOpen).toList();
  }

  @Test
  void oldestStrangersLeaveAFullRoom() {
    List<Channel> all = new ArrayList<>(open(3 * MAX_STRANGERS));
    assertThat(stillOpen(all)).isEqualTo(all.subList(2 * MAX_STRANGERS, all.size()));
  }

  @Test
  void connectionWithATokenStaysInAnyFlood() {
    Channel client = open();
    assertThat(limits.admit(client)).isTrue();
    open(5 * MAX_STRANGERS);
    assertThat(client.isOpen()).isTrue();
  }

  @Test
  void clientThatComesDuringAFloodHasTimeToShowItsToken() {
    open(5 * MAX_STRANGERS);
    Channel client = open();
    open(MAX_STRANGERS - 1);
    assertThat(limits.admit(client)).isTrue();
  }

  @Test
  void strangersStayASecondWhereThereAreMany() {
    List<Channel> many = open(ConnectionLimits.MANY_STRANGERS + 10);
    now += ConnectionLimits.MAX_STAY.toNanos() + 1;
    open();
    assertThat(stillOpen(many)).hasSize(ConnectionLimits.MANY_STRANGERS - 1);
  }

  @Test
  void slowClientsStayWhereThereAreFew() {
    List<Channel> few = open(ConnectionLimits.MANY_STRANGERS - 1);
    now += Duration.ofMinutes(1).toNanos();
    open();
    assertThat(stillOpen(few)).isEqualTo(few);
  }

  @Test
  void closedConnectionsDoNotCount() {
    for (int i = 0; i < 2 * ConnectionLimits.MAX_ADMITTED; i++) {
      Channel client = open();
      assertThat(limits.admit(client)).as("client %d", i).isTrue();
      client.close().syncUninterruptibly();
    }
    open(2 * ConnectionLimits.MANY_STRANGERS).forEach(each -> each.close().syncUninterruptibly());
    List<Channel> few = open(ConnectionLimits.MANY_STRANGERS - 1);
    now += ConnectionLimits.MAX_STAY.toNanos() + 1;
    open();
    assertThat(stillOpen(few)).isEqualTo(few);
  }

  @Test
  void closedConnectionIsNotAdmitted() {
    Channel gone = open();
    gone.close().syncUninterruptibly();
    assertThat(limits.admit(gone)).isFalse();
    assertThat(limits.admit(open())).isTrue();
  }
}
