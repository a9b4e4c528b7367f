package io.jukung.engine.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class LaterOutputTest {
  @Test
  void writerWaitsForTheClient() throws Exception {
    LaterOutput output = new LaterOutput();
    ByteArrayOutputStream client = new ByteArrayOutputStream();
    CompletableFuture<String> writer = writer(output);
    output.begin(client);
    assertThat(writer.get(10, TimeUnit.SECONDS)).isEqualTo("written");
    assertThat(client.toString(US_ASCII)).isEqualTo("text");
  }

  @Test
  void writerFailsWhenTheClientHasNotCome() throws Exception {
    LaterOutput output = new LaterOutput();
    CompletableFuture<String> writer = writer(output);
    output.close();
    assertThat(writer.get(10, TimeUnit.SECONDS)).contains("the client is gone");
    assertThatThrownBy(() -> output.write('a')).isInstanceOf(IOException.class);
  }

  private static CompletableFuture<String> writer(LaterOutput output) {
    CompletableFuture<String> outcome = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                output.write("text".getBytes(US_ASCII), 0, 4);
                outcome.complete("written");
              } catch (IOException e) {
                outcome.complete(String.valueOf(e.getMessage()));
              }
            });
    return outcome;
  }
}
