import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** java Ask.java URL CA PASSPHRASE P12...: prints status, version and body for each PKCS#12 file. */
public class Ask {
    public static void main(String[] words) throws Exception {
        for (int i = 3; i < words.length; i++) {
            System.out.println(ask(words[0], Path.of(words[1]), words[2].toCharArray(), Path.of(words[i])));
        }
    }

    private static String ask(String url, Path ca, char[] passphrase, Path p12) throws Exception {
        HttpClient client = HttpClient.newBuilder().sslContext(context(ca, passphrase, p12)).build();
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
        try {
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() + " " + answer.version() + " " + answer.body().strip();
        } catch (java.io.IOException refused) {
            return "refused " + refused.getMessage();
        }
    }

    private static SSLContext context(Path ca, char[] passphrase, Path p12) throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(p12)) {
            keys.load(in, passphrase);
        }
        KeyManagerFactory ours = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        ours.init(keys, passphrase);

        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(ca)) {
            trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory theirs = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        theirs.init(trusted);

        SSLContext context = SSLContext.getInstance("TLS");
        context.init(ours.getKeyManagers(), theirs.getTrustManagers(), null);
        return context;
    }
}
