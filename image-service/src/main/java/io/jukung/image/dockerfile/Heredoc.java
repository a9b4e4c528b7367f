package io.jukung.image.dockerfile;

/**
 * A file that stands in the Dockerfile, behind an instruction that has {@code <<NAME} for it.
 *
 * @param name the word that ends the file, and the name that COPY gives it
 * @param content the lines, each with its end; without leading tabs if the mark was {@code <<-}
 * @param expands whether variables in the content are replaced: the word was not quoted
 * @param descriptor the number before {@code <<}; empty for none
 */
public record Heredoc(String name, String content, boolean expands, String descriptor) {}
