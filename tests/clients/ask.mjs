// node ask.mjs URL CA CERT KEY: prints the status and the body.
import { readFileSync } from 'node:fs'
import { get } from 'node:https'

const [url, ca, cert, key] = process.argv.slice(2)
const options = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) }

get(url, options, (response) => {
  let body = ''
  response.setEncoding('utf8')
  response.on('data', (part) => { body += part })
  response.on('end', () => console.log(`${response.statusCode} ${body}`))
}).on('error', (error) => {
  console.error(`error: ${error.message}`)
  process.exitCode = 1
})
