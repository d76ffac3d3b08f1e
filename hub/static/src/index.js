// Every page works without this file. With it the menu folds away on a phone, and a failed htmx request is told.
import 'bootstrap-italia/dist/plugins/init.js'
import 'bootstrap-italia/dist/plugins/accordion.js'
import 'bootstrap-italia/dist/plugins/collapse.js'
import 'bootstrap-italia/dist/plugins/dropdown.js'
import 'bootstrap-italia/dist/plugins/modal.js'
import 'bootstrap-italia/dist/plugins/navbar-collapsible.js'
import 'bootstrap-italia/dist/plugins/notification.js'
import 'bootstrap-italia/dist/plugins/tab.js'

document.documentElement.classList.add('js')

// htmx swaps in only what answers the request (2xx, 409, 422); for any other outcome base.html holds the words.
const trouble = document.getElementById('trouble')
for (const outcome of ['htmx:responseError', 'htmx:sendError', 'htmx:timeout']) {
  document.addEventListener(outcome, () => {
    trouble.hidden = false
    trouble.focus()
  })
}
document.addEventListener('htmx:beforeRequest', () => {
  trouble.hidden = true
})

// htmx notes the address of the page in sessionStorage, where it outlives the page; an address can hold a draft's secret.
// Without the note htmx asks the browser for the address.
const forget = () => sessionStorage.removeItem('htmx-current-path-for-history')
for (const moment of ['htmx:pushedIntoHistory', 'htmx:replacedInHistory', 'htmx:historyRestore']) {
  document.addEventListener(moment, forget)
}
forget()
